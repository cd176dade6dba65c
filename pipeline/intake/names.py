"""Names of files and folders that are never input: still being written, hidden, or litter of other systems."""

CLAIMS = ".vqroute"

_IN_TRANSIT = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".writing", ".uploading", ".swp", "~")
_LITTER = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini"})
_LITTER_FOLDERS = frozenset(
    {"@eadir", "#recycle", "#snapshot", "@recycle", "@tmp", "__macosx", "lost+found", "$recycle.bin", "system volume information"}
)


def is_ignored_file(name: str) -> bool:
    """True for dotfiles, files that senders rename when they are whole, and litter. Case does not count."""
    if name.startswith((".", "~$")):
        return True
    lower = name.lower()
    return lower.endswith(_IN_TRANSIT) or lower in _LITTER


def is_ignored_folder(name: str) -> bool:
    """True for hidden folders (ours among them) and those that NAS boxes and desktops leave behind."""
    return name.startswith(".") or name.lower() in _LITTER_FOLDERS


def is_companion(name: str) -> bool:
    """True for what lies beside samples and is no sample: what a replay leaves out, even if it is named outright."""
    return name.endswith(".expected.json") or name == "README" or name.startswith("README.")
