import os

import digdag


def count():
    digdag.env.store({"files": len(os.listdir("."))})
