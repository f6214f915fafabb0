// Stored numbers decoded into registers, sixteen at a time; included once per instruction set by Highway's foreach_target.
//
// The values are those of Sources/Kernels/decode, bit for bit: the same operations in the same order, each rounded
// separately.
#if defined(STRATA_BLOCKS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_BLOCKS_INL_H
#undef STRATA_BLOCKS_INL_H
#else
#define STRATA_BLOCKS_INL_H
#endif

#include <hwy/highway.h>

#include "decode/blocks.h"
#include "decode/nibbles.h"
#include "fold-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {

using IntTag = hn::Rebind<int32_t, SumTag>;
using IntVector = hn::Vec<IntTag>;

HWY_INLINE IntVector Bytes(const uint8_t *at) { return hn::PromoteTo(IntTag(), hn::LoadU(hn::Rebind<uint8_t, SumTag>(), at)); }

HWY_INLINE IntVector SignedBytes(const void *at) {
  const hn::Rebind<int8_t, SumTag> d;
  return hn::PromoteTo(IntTag(), hn::LoadU(d, static_cast<const int8_t *>(at)));
}

// Low nibbles of bytes, or high ones. Pairs of lanes are shifted together: compilers turn a shift of single lanes into one of
// the bytes before they are spread, and then spread both, which is slower.
HWY_INLINE IntVector Nibbles(IntVector bytes, bool high) {
  const hn::Repartition<uint64_t, IntTag> pairs;
  const IntVector shifted = high ? hn::BitCast(IntTag(), hn::ShiftRight<4>(hn::BitCast(pairs, bytes))) : bytes;
  return hn::And(shifted, hn::Set(IntTag(), 0x0F));
}

HWY_INLINE SumVector Floats(IntVector v) { return hn::ConvertTo(SumTag(), v); }

// A half in every lane. It is spread before it is converted: an instruction that inserts one half into a vector would wait for
// that vector's earlier value, and so every block for the block before.
template <class D = SumTag>
HWY_INLINE hn::Vec<D> HalfOf(const uint8_t *at) {
  const hn::Rebind<uint16_t, D> words;
  uint16_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return hn::PromoteTo(D(), hn::BitCast(hn::Rebind<hwy::float16_t, D>(), hn::Set(words, bits)));
}

// The sixteen values of a run's nibbles. If one register holds them all, they are computed once and looked up.
template <class Value>
struct NibbleValues {
  Value value;
  SumVector table;

  explicit HWY_INLINE NibbleValues(Value v) : value(v) {
    if constexpr (kLanes == 16) table = v(hn::Iota(SumTag(), 0.0f));
  }

  HWY_INLINE SumVector At(IntVector nibbles) const {
    if constexpr (kLanes == 16) {
      return hn::TableLookupLanes(table, hn::IndicesFromVec(SumTag(), nibbles));
    } else {
      return value(Floats(nibbles));
    }
  }
};

// d (q - offset)
struct Scaled {
  SumVector d;
  float offset;
  HWY_INLINE SumVector operator()(SumVector q) const { return hn::Mul(d, hn::Sub(q, hn::Set(SumTag(), offset))); }
};

// d q + m
struct Raised {
  SumVector d, m;
  HWY_INLINE SumVector operator()(SumVector q) const { return hn::Add(hn::Mul(d, q), m); }
};

// d q - m
struct Lowered {
  SumVector d, m;
  HWY_INLINE SumVector operator()(SumVector q) const { return hn::Sub(hn::Mul(d, q), m); }
};

// A format defines the values and bytes of a block, the values of a run, the data that a whole block shares (`Head`), the data
// that a run shares (`Start`), and part `p` of the sixteen values of a group, counted from the block's start. `OpenAll` takes
// the heads of blocks of several rows.

// The N halves that blocks begin with.
template <ptrdiff_t N>
struct Halves {
  float values[N];

  // Halves of several rows are put side by side in general registers and converted together: converting each by itself takes
  // as long as its values. The empty statement keeps the results in memory, from where they are spread for nothing.
  template <int C>
  static HWY_INLINE void OpenAll(const uint8_t *block, ptrdiff_t row_bytes, Halves (&heads)[C]) {
    const hn::CappedTag<float, 4> d;
    const hn::Rebind<hwy::float16_t, decltype(d)> half;
    constexpr ptrdiff_t kLanesAtOnce = static_cast<ptrdiff_t>(hn::MaxLanes(d));
    static_assert(sizeof heads == sizeof(float) * C * N, "no gaps");
    float values[(C * N + 3) / 4 * 4];
    uint16_t bits[(C * N + 3) / 4 * 4] = {};
    for (int n = 0; n < C; ++n) std::memcpy(bits + n * N, block + n * row_bytes, N * sizeof *bits);
    for (ptrdiff_t i = 0; i < C * N; i += 4) {
      uint64_t word = 0;
      for (int b = 3; b >= 0; --b) word = word << 16 | bits[i + b];
      // A compiler for AVX2 would insert a single half into the register of a sum, which it does not need, and wait for that sum.
      if constexpr (kParts == 2) asm("" : "+r"(word));
      std::memcpy(bits + i, &word, sizeof word);
    }
    for (ptrdiff_t i = 0; i < C * N; i += kLanesAtOnce) {
      hn::StoreU(hn::PromoteTo(d, hn::LoadU(half, reinterpret_cast<const hwy::float16_t *>(bits + i))), d, values + i);
    }
    std::memcpy(heads, values, sizeof heads);
    asm volatile("" : : "r"(heads) : "memory");
  }
  HWY_INLINE SumVector At(ptrdiff_t place) const { return hn::Set(SumTag(), values[place]); }
};

// Heads that are opened one by one.
template <class Head>
struct Single {
  template <int C>
  static HWY_INLINE void OpenAll(const uint8_t *block, ptrdiff_t row_bytes, Head (&heads)[C]) {
    for (int n = 0; n < C; ++n) heads[n].Open(block + n * row_bytes);
  }
};

struct BlocksQ80 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 34, kRun = 32;
  using Head = Halves<1>;
  using Run = SumVector;
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t) { return head.At(0); }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &d, ptrdiff_t group, ptrdiff_t p) {
    return hn::Mul(Floats(SignedBytes(block + 2 + 16 * group + p * kLanes)), d);
  }
};

struct BlocksQ40 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 18, kRun = 32;
  using Head = Halves<1>;
  using Run = NibbleValues<Scaled>;
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t) { return Run({head.At(0), 8}); }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run.At(Nibbles(Bytes(block + 2 + p * kLanes), group == 1));
  }
};

struct BlocksQ41 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 20, kRun = 32;
  using Head = Halves<2>;
  using Run = NibbleValues<Raised>;
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t) { return Run({head.At(0), head.At(1)}); }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run.At(Nibbles(Bytes(block + 4 + p * kLanes), group == 1));
  }
};

// Nibbles with a separate fifth bit: bit i of the stored word belongs to value i.
HWY_INLINE SumVector FiveBits(const uint8_t *nibbles, const uint8_t *fifth, ptrdiff_t group, ptrdiff_t p) {
  const IntTag d;
  const ptrdiff_t first = 16 * group + p * kLanes;
  IntVector high;
  if constexpr (kLanes >= 8) {
    high = hn::IfThenElseZero(hn::LoadMaskBits(d, fifth + first / 8), hn::Set(d, 16));
  } else {
    const auto bits = hn::Shr(hn::Set(d, static_cast<int32_t>(WordAt(fifth) >> first)), hn::Iota(d, 0));
    high = hn::And(hn::ShiftLeft<4>(bits), hn::Set(d, 16));
  }
  return Floats(hn::Or(Nibbles(Bytes(nibbles + p * kLanes), group == 1), high));
}

struct BlocksQ50 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 22, kRun = 32;
  using Head = Halves<1>;
  using Run = Scaled;
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t) { return {head.At(0), 16}; }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run(FiveBits(block + 6, block + 2, group, p));
  }
};

struct BlocksQ51 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 24, kRun = 32;
  using Head = Halves<2>;
  using Run = Raised;
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t) { return {head.At(0), head.At(1)}; }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run(FiveBits(block + 8, block + 4, group, p));
  }
};

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

// What blocks without common data are opened to.
struct Plain {
  template <int C>
  static HWY_INLINE void OpenAll(const uint8_t *, ptrdiff_t, Plain (&)[C]) {}
};

// Formats with one value per block also give any number of values from any position.
struct BlocksF32 {
  static constexpr ptrdiff_t kValues = 16, kBytes = 64, kRun = 16;
  using Head = Plain;
  struct Run {};
  template <class D>
  static HWY_INLINE hn::Vec<D> Values(D d, const uint8_t *at) {
    return hn::BitCast(d, hn::LoadU(hn::Repartition<uint8_t, D>(), at));
  }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &, ptrdiff_t, ptrdiff_t p) {
    return Values(SumTag(), block + 4 * p * kLanes);
  }
};

struct BlocksF16 {
  static constexpr ptrdiff_t kValues = 16, kBytes = 32, kRun = 16;
  using Head = Plain;
  struct Run {};
  static HWY_INLINE Run Start(const uint8_t *, const Head &, ptrdiff_t) { return {}; }
  template <class D>
  static HWY_INLINE hn::Vec<D> Values(D d, const uint8_t *at) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<hwy::float16_t, D>(), reinterpret_cast<const hwy::float16_t *>(at)));
  }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &, ptrdiff_t, ptrdiff_t p) {
    return Values(SumTag(), block + 2 * p * kLanes);
  }
};

struct BlocksBF16 {
  static constexpr ptrdiff_t kValues = 16, kBytes = 32, kRun = 16;
  using Head = Plain;
  struct Run {};
  static HWY_INLINE Run Start(const uint8_t *, const Head &, ptrdiff_t) { return {}; }
  template <class D>
  static HWY_INLINE hn::Vec<D> Values(D d, const uint8_t *at) {
    const auto stored = hn::LoadU(hn::Rebind<uint16_t, D>(), reinterpret_cast<const uint16_t *>(at));
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(hn::Rebind<uint32_t, D>(), stored)));
  }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &, ptrdiff_t, ptrdiff_t p) {
    return Values(SumTag(), block + 2 * p * kLanes);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
