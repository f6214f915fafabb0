#include "exact.h"

#include "decode/nibbles.h"

// 32 values: half scale d, 16 bytes of nibbles (low ones first). value = d * table[q].
STRATA_WIDE void strata_decode_iq4_nl(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 32, block += 18, target += 32) {
    strata::LookUpNibbles(block + 2, 16, strata::HalfAt(block), strata::kNonlinear4, target);
  }
}
