"""Foreign render services in processes of their own, written from what their makers document.

`python -m tests.gpu_client.doubles DIALECT FILM` prints {"url"} and serves until it is ended. POST /_double sets how it
misbehaves; GET /_double says what came in. Nothing of the services' own code is here.
"""
