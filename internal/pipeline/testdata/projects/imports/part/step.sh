cat {{upstream.start}} > {{product}}
