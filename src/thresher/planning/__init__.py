"""What a run will cost and what it may reach, before it begins."""

from thresher.planning.config import PlanConfig
from thresher.planning.plan import Plan, make_plan, write_recipe

__all__ = ["Plan", "PlanConfig", "make_plan", "write_recipe"]
