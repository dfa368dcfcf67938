from lib.other import compare
