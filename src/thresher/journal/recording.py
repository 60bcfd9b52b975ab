"""Taking up what a room has made."""

from pathlib import Path

from thresher.journal.ledger import enter_folder
from thresher.journal.mirror import mirror_live


def record(journal: Path, folder: Path) -> str:
    """Enter a folder's manifest into the ledger and return its content hash.

    Recording the same manifest again changes nothing; a changed one becomes a new entry
    beside the old, so that whatever was made from the old still leads back to it. Where
    an MLflow server is to be kept up to date (see `mirror`), it hears of it as well.

    Raises:
        ThresherError: no sound manifest in the folder, or a ledger that cannot be written.
    """
    digest = enter_folder(journal, folder)
    mirror_live(journal)
    return digest
