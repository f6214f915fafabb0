#include "exact.h"

#include "decode/blocks.h"

STRATA_WIDE void strata_decode_bf16(const void *source, float *destination, ptrdiff_t count) {
  const unsigned char *bytes = static_cast<const unsigned char *>(source);
  for (ptrdiff_t i = 0; i < count; ++i) {
    uint16_t stored;
    std::memcpy(&stored, bytes + 2 * i, sizeof stored);
    destination[i] = strata::FloatFromBrainFloat(stored);
  }
}
