"""Drop-in replacement for pydensecrf that needs no C++ compiler; only the imports change.

import tag2mask.compat.pydensecrf.densecrf as dcrf
from tag2mask.compat.pydensecrf.utils import unary_from_softmax
"""
