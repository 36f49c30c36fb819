"""The course's networks by hand, in numpy: layers forward and backward, and the tools that check them.

In come float64 arrays with any leading batch shape; out come values and gradients. Nothing here needs torch.
"""

from dlcore.handwritten.gradcheck import gradient_check, numerical_gradient

__all__ = ["gradient_check", "numerical_gradient"]
