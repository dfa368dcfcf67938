cat {{upstream.a}} > {{product}}
