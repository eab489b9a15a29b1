echo from a script
echo included
