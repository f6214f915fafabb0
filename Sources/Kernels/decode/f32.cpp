#include "exact.h"

#include <cstring>

#include "include/strata_decode.h"

void strata_decode_f32(const void *source, float *destination, ptrdiff_t count) {
  std::memcpy(destination, source, static_cast<size_t>(count) * sizeof(float));
}
