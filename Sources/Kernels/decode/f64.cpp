#include "exact.h"

#include "decode/blocks.h"

// binary64, rounded to the nearest float32 (ties to even), as a conversion in PyTorch does.
STRATA_WIDE void strata_decode_f64(const void *source, float *destination, ptrdiff_t count) {
  const unsigned char *bytes = static_cast<const unsigned char *>(source);
  for (ptrdiff_t i = 0; i < count; ++i) {
    double stored;
    std::memcpy(&stored, bytes + 8 * i, sizeof stored);
    destination[i] = static_cast<float>(stored);
  }
}
