"""Plain runbooks, turned into pages whose blocks say what they are."""

from ledger.pages.importing.files import companions, existing, targets
from ledger.pages.importing.page import Finding, Wishes, import_page

__all__ = ["Finding", "Wishes", "companions", "existing", "import_page", "targets"]
