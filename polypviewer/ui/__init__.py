"""Everything that paints or listens to a mouse.

Widgets take values and emit wishes; `wire_*` connect them to a session.
"""

from polypviewer.ui.whole_errors import make_errors_whole

make_errors_whole()
