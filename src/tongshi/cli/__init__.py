"""The command ``tongshi``: every act an operator or developer does from a shell.

In: arguments, environment, a settings file.  Out: text or one JSON object on standard output, an
exit status: 0 done, 1 it failed and says why, 2 the arguments were wrong.
"""
