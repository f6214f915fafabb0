#include "exact.h"

#include "decode/blocks.h"

STRATA_WIDE void strata_decode_f16(const void *source, float *destination, ptrdiff_t count) {
  const unsigned char *bytes = static_cast<const unsigned char *>(source);
  for (ptrdiff_t i = 0; i < count; ++i) {
    uint16_t half;
    std::memcpy(&half, bytes + 2 * i, sizeof half);
    destination[i] = strata::FloatFromHalf(half);
  }
}
