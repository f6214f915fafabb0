// Blocks of 256 numbers (K formats) decoded into registers; included once per instruction set by Highway's foreach_target.
#if defined(STRATA_BLOCKS_K_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_BLOCKS_K_INL_H
#undef STRATA_BLOCKS_K_INL_H
#else
#define STRATA_BLOCKS_K_INL_H
#endif

#include <hwy/highway.h>

#include "blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

// Many bytes at a time, and their shifts as words: what crosses from one byte to the next has to be masked out.
using ByteTag = hn::CappedTag<uint8_t, 32>;
using ByteVector = hn::Vec<ByteTag>;
constexpr ptrdiff_t kByteLanes = static_cast<ptrdiff_t>(hn::MaxLanes(ByteTag()));

HWY_INLINE ByteVector ShiftedLeft(ByteVector v, int bits) {
  return hn::BitCast(ByteTag(), hn::ShiftLeftSame(hn::BitCast(hn::Repartition<uint16_t, ByteTag>(), v), bits));
}

HWY_INLINE ByteVector ShiftedRight(ByteVector v, int bits) {
  return hn::BitCast(ByteTag(), hn::ShiftRightSame(hn::BitCast(hn::Repartition<uint16_t, ByteTag>(), v), bits));
}

// Scales and minima of the eight stretches of 32 values of a Q4_K or Q5_K block.
struct ScalesK {
  HWY_ALIGN float values[16];  // eight scales, eight minima

  HWY_INLINE void Open(const uint8_t *block) {
    HWY_ALIGN uint8_t six[16];
    UnpackScales(block + 4, six, six + 8);
    const SumTag d;
    const SumVector scale = HalfOf(block), minimum = HalfOf(block + 2);
    for (ptrdiff_t i = 0; i < 16; i += kLanes) {
      const auto scales = hn::Lt(hn::Iota(d, static_cast<float>(i)), hn::Set(d, 8));
      hn::Store(hn::Mul(hn::IfThenElse(scales, scale, minimum), Floats(Bytes(six + i))), d, values + i);
    }
  }
  HWY_INLINE Lowered Of(ptrdiff_t stretch) const {
    return {hn::Set(SumTag(), values[stretch]), hn::Set(SumTag(), values[8 + stretch])};
  }
};

struct BlocksQ4K {
  static constexpr bool kOneByOne = true;
  // Two stretches share 32 bytes.
  static constexpr ptrdiff_t kValues = 256, kBytes = 144, kRun = 64;
  struct Head : Single<Head> {
    ScalesK scales;
    HWY_INLINE void Open(const uint8_t *block) { scales.Open(block); }
  };
  struct Run {
    NibbleValues<Lowered> low, high;
  };
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t run) {
    return {NibbleValues<Lowered>(head.scales.Of(2 * run)), NibbleValues<Lowered>(head.scales.Of(2 * run + 1))};
  }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    const IntVector bytes = Bytes(block + 16 + 32 * (group / 4) + 16 * (group % 2) + p * kLanes);
    const bool high = group % 4 >= 2;
    return (high ? run.high : run.low).At(Nibbles(bytes, high));
  }
};

struct BlocksQ5K {
  static constexpr bool kOneByOne = true;
  static constexpr ptrdiff_t kValues = 256, kBytes = 176, kRun = 32;
  struct Head : Single<Head> {
    ScalesK scales;
    // The block's five-bit numbers.
    HWY_ALIGN uint8_t numbers[kValues];

    HWY_INLINE void Open(const uint8_t *block) {
      scales.Open(block);
      const ByteTag d;
      const ByteVector nibble = hn::Set(d, 0x0F), fifth = hn::Set(d, 0x10);
      for (ptrdiff_t i = 0; i < 32; i += kByteLanes) {
        const ByteVector bits = hn::LoadU(d, block + 16 + i);
        for (ptrdiff_t stretch = 0; stretch < 8; ++stretch) {
          const ByteVector low = hn::LoadU(d, block + 48 + 32 * (stretch / 2) + i);
          const ByteVector four = hn::And(stretch % 2 == 0 ? low : ShiftedRight(low, 4), nibble);
          const int shift = static_cast<int>(4 - stretch);
          const ByteVector high = shift >= 0 ? ShiftedLeft(bits, shift) : ShiftedRight(bits, -shift);
          hn::StoreU(hn::Or(four, hn::And(high, fifth)), d, numbers + 32 * stretch + i);
        }
      }
    }
  };
  struct Run {
    const uint8_t *numbers;
    Lowered value;
  };
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t run) { return {head.numbers, head.scales.Of(run)}; }
  static HWY_INLINE SumVector Load(const uint8_t *, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run.value(Floats(Bytes(run.numbers + 16 * group + p * kLanes)));
  }
};

struct BlocksQ6K {
  static constexpr bool kOneByOne = false;
  static constexpr ptrdiff_t kValues = 256, kBytes = 210, kRun = 16;
  struct Head : Single<Head> {
    // The block's six-bit numbers less 32, and the scales of the runs.
    HWY_ALIGN int8_t numbers[kValues];
    HWY_ALIGN float scales[kValues / kRun];

    HWY_INLINE void Open(const uint8_t *block) {
      const ByteTag d;
      const hn::Rebind<int8_t, ByteTag> bytes;
      const auto put = [&](ptrdiff_t at, ByteVector low, ByteVector pairs) HWY_ATTR {
        const ByteVector number = hn::Or(hn::And(low, hn::Set(d, 0x0F)), hn::And(pairs, hn::Set(d, 0x30)));
        hn::StoreU(hn::BitCast(bytes, hn::Sub(number, hn::Set(d, 32))), bytes, numbers + at);
      };
      for (ptrdiff_t half = 0; half < 2; ++half) {
        for (ptrdiff_t i = 0; i < 32; i += kByteLanes) {
          const ByteVector high = hn::LoadU(d, block + 128 + 32 * half + i);
          const ByteVector even = hn::LoadU(d, block + 64 * half + i), odd = hn::LoadU(d, block + 64 * half + 32 + i);
          put(128 * half + i, even, ShiftedLeft(high, 4));
          put(128 * half + 32 + i, odd, ShiftedLeft(high, 2));
          put(128 * half + 64 + i, ShiftedRight(even, 4), high);
          put(128 * half + 96 + i, ShiftedRight(odd, 4), ShiftedRight(high, 2));
        }
      }
      const SumTag t;
      const SumVector scale = HalfOf(block + 208);
      for (ptrdiff_t i = 0; i < kValues / kRun; i += kLanes) {
        hn::Store(hn::Mul(scale, Floats(SignedBytes(block + 192 + i))), t, scales + i);
      }
    }
  };
  struct Run {
    const int8_t *numbers;
    SumVector d;
  };
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t run) {
    return {head.numbers, hn::Set(SumTag(), head.scales[run])};
  }
  static HWY_INLINE SumVector Load(const uint8_t *, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return hn::Mul(run.d, Floats(SignedBytes(run.numbers + 16 * group + p * kLanes)));
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
