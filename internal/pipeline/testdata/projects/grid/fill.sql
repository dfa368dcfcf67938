CREATE TABLE {{product}} AS SELECT {{a}} AS a
