"""Recordings -> findings: what would spoil a training run, before it begins."""

from thresher.doctor.config import DoctorConfig
from thresher.doctor.examine import Examination, examine
from thresher.doctor.finding import Finding

__all__ = ["DoctorConfig", "Examination", "Finding", "examine"]
