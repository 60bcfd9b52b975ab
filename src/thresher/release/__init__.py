"""The release room: songs and a cover become masters, tagged files and a page to send."""

from thresher.release.config import ReleaseConfig
from thresher.release.publish import Release, publish

__all__ = ["Release", "ReleaseConfig", "publish"]
