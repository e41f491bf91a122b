"""pydensecrf's calls without its compiler: change the import, keep the rest.

import tag2mask.compat.pydensecrf.densecrf as dcrf
from tag2mask.compat.pydensecrf.utils import unary_from_softmax
"""
