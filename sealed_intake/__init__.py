"""The one package that an installation adds to site-packages, and the entry points of the commands.

The project's own packages are called `intake`, `crypto` and `retention`. Other projects own these names on the package index.
A wheel therefore installs them below `sealed_intake/_packages/`, which is on the import path of our commands alone
(docs/adr/0036-install-below-one-package.md).
"""
