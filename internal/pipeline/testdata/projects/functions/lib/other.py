def compare(product, upstream):
    'Compare the fits.'
    best = upstream['fit-*']
    print(f"{upstream['clean']['data']}", best, upstream.get('nothing'))
