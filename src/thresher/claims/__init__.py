"""Claims of papers and repositories as small experiments, with a verdict that can be repeated."""

from thresher.claims.claim import Claim
from thresher.claims.reading import all_claims, find_claims, load_claim

__all__ = ["Claim", "all_claims", "find_claims", "load_claim"]
