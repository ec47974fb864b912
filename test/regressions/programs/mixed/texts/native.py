import ctypes
import os

WIDTH = 64


class Native:
    """The C library, called with plain numbers and bytes."""

    def __init__(self):
        path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "libscore.so")
        self.library = ctypes.CDLL(path)
        self.library.edit_distance.argtypes = [ctypes.c_char_p, ctypes.c_char_p]

    def pack(self, vectors):
        flat = [value for vector in vectors for value in vector]
        return (ctypes.c_double * len(flat))(*flat)

    def similarities(self, vectors, vector):
        rows = len(vectors) // WIDTH
        scores = (ctypes.c_double * rows)()
        self.library.score_all(vectors, self.pack([vector]), ctypes.c_int(rows), ctypes.c_int(WIDTH), scores)
        return list(scores)

    def distance(self, a, b):
        return self.library.edit_distance(a.encode(), b.encode())
