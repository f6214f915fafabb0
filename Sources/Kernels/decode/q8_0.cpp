#include "exact.h"

#include "decode/blocks.h"

// 32 values: half scale d, 32 signed bytes q. value = q * d.
STRATA_WIDE void strata_decode_q8_0(const void *source, float *destination, ptrdiff_t count) {
  const uint8_t *__restrict block = static_cast<const uint8_t *>(source);
  float *__restrict target = destination;
  for (ptrdiff_t i = 0; i < count; i += 32, block += 34, target += 32) {
    const float d = strata::HalfAt(block);
    const int8_t *q = reinterpret_cast<const int8_t *>(block + 2);
    STRATA_VECTOR_LOOP
    for (int j = 0; j < 32; ++j) target[j] = static_cast<float>(q[j]) * d;
  }
}
