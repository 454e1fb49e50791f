"""What Lambda's own start script does, run in the function's process.

Like the real one it imports the runtime client first, then puts the function's code and its layers in front of
`sys.path` and runs their `.pth` files. Where PYTHONPATH is set, layers and their `.pth` files are left out.
"""

import os
import site
import sys

import awslambdaric.__main__ as awslambdaricmain  # the name by which Sentry finds it

task = os.environ["LAMBDA_TASK_ROOT"]
layers = os.environ.get("LAMBDA_LAYER_ROOT", "/opt")
version = f"{sys.version_info.major}.{sys.version_info.minor}"
folders = [task]
if "PYTHONPATH" not in os.environ:
    folders += [f"{layers}/python/lib/python{version}/site-packages", f"{layers}/python"]

sys.path[:0] = folders
for folder in folders:
    site.addsitedir(folder)
os.environ.setdefault("PYTHONPATH", os.environ["LAMBDA_RUNTIME_DIR"])

awslambdaricmain.main([task, os.environ["_HANDLER"]])
