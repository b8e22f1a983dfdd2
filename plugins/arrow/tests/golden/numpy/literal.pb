




NumpyArray
@/data.npy