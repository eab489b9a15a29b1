"""What moves a plan: gates, advances, epilogues, continuation prompts."""
