echo > {{product}}
