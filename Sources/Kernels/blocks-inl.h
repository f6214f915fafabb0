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

HWY_INLINE IntVector SignedBytes(const uint8_t *at) {
  const hn::Rebind<int8_t, SumTag> d;
  return hn::PromoteTo(IntTag(), hn::LoadU(d, reinterpret_cast<const int8_t *>(at)));
}

// Low nibbles of bytes, or high ones.
HWY_INLINE IntVector Nibbles(IntVector bytes, bool high) {
  return high ? hn::ShiftRight<4>(bytes) : hn::And(bytes, hn::Set(IntTag(), 0x0F));
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

// A format defines the values and bytes of a block, the values of a run, the data that a whole block shares (`Open`), the
// data that a run shares (`Start`), and part `p` of the sixteen values of a group, counted from the block's start.
struct BlocksQ80 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 34, kRun = 32;
  struct Head {};
  using Run = SumVector;
  static HWY_INLINE Head Open(const uint8_t *) { return {}; }
  static HWY_INLINE Run Start(const uint8_t *block, const Head &, ptrdiff_t) { return HalfOf(block); }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &d, ptrdiff_t group, ptrdiff_t p) {
    return hn::Mul(Floats(SignedBytes(block + 2 + 16 * group + p * kLanes)), d);
  }
};

struct BlocksQ40 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 18, kRun = 32;
  struct Head {};
  using Run = NibbleValues<Scaled>;
  static HWY_INLINE Head Open(const uint8_t *) { return {}; }
  static HWY_INLINE Run Start(const uint8_t *block, const Head &, ptrdiff_t) { return Run({HalfOf(block), 8}); }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run.At(Nibbles(Bytes(block + 2 + p * kLanes), group == 1));
  }
};

struct BlocksQ41 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 20, kRun = 32;
  struct Head {};
  using Run = NibbleValues<Raised>;
  static HWY_INLINE Head Open(const uint8_t *) { return {}; }
  static HWY_INLINE Run Start(const uint8_t *block, const Head &, ptrdiff_t) {
    return Run({HalfOf(block), HalfOf(block + 2)});
  }
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
  struct Head {};
  using Run = Scaled;
  static HWY_INLINE Head Open(const uint8_t *) { return {}; }
  static HWY_INLINE Run Start(const uint8_t *block, const Head &, ptrdiff_t) { return {HalfOf(block), 16}; }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run(FiveBits(block + 6, block + 2, group, p));
  }
};

struct BlocksQ51 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 24, kRun = 32;
  struct Head {};
  using Run = Raised;
  static HWY_INLINE Head Open(const uint8_t *) { return {}; }
  static HWY_INLINE Run Start(const uint8_t *block, const Head &, ptrdiff_t) {
    return {HalfOf(block), HalfOf(block + 2)};
  }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run(FiveBits(block + 8, block + 4, group, p));
  }
};

// Scales and minima of the eight runs of a Q4_K or Q5_K block.
struct HeadK {
  float scales[8], minima[8];

  static HWY_INLINE HeadK Open(const uint8_t *block) {
    uint8_t scales[8], minima[8];
    UnpackScales(block + 4, scales, minima);
    HeadK head;
    const hn::CappedTag<float, 4> d;
    const hn::Rebind<int32_t, decltype(d)> di;
    const hn::Rebind<uint8_t, decltype(d)> d8;
    const auto scale = HalfOf<decltype(d)>(block), minimum = HalfOf<decltype(d)>(block + 2);
    const ptrdiff_t lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
    for (ptrdiff_t run = 0; run < 8; run += lanes) {
      const auto own = hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(d8, scales + run)));
      const auto least = hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(d8, minima + run)));
      hn::StoreU(hn::Mul(scale, own), d, head.scales + run);
      hn::StoreU(hn::Mul(minimum, least), d, head.minima + run);
    }
    return head;
  }
};

struct BlocksQ4K {
  static constexpr ptrdiff_t kValues = 256, kBytes = 144, kRun = 32;
  using Head = HeadK;
  using Run = NibbleValues<Lowered>;
  static HWY_INLINE Head Open(const uint8_t *block) { return HeadK::Open(block); }
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t run) {
    return Run({hn::Set(SumTag(), head.scales[run]), hn::Set(SumTag(), head.minima[run])});
  }
  // Two groups make a run of 32; two runs share 32 bytes.
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &values, ptrdiff_t group, ptrdiff_t p) {
    const ptrdiff_t run = group / 2;
    return values.At(Nibbles(Bytes(block + 16 + 32 * (run / 2) + 16 * (group % 2) + p * kLanes), run % 2 == 1));
  }
};

struct BlocksQ5K {
  static constexpr ptrdiff_t kValues = 256, kBytes = 176, kRun = 32;
  using Head = HeadK;
  using Run = Lowered;
  static HWY_INLINE Head Open(const uint8_t *block) { return HeadK::Open(block); }
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t run) {
    return {hn::Set(SumTag(), head.scales[run]), hn::Set(SumTag(), head.minima[run])};
  }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &values, ptrdiff_t group, ptrdiff_t p) {
    const ptrdiff_t run = group / 2, place = 16 * (group % 2) + p * kLanes;
    const IntVector fifth = hn::ShiftRightSame(Bytes(block + 16 + place), static_cast<int>(run));
    const IntVector q = hn::Or(Nibbles(Bytes(block + 48 + 32 * (run / 2) + place), run % 2 == 1),
                               hn::And(hn::ShiftLeft<4>(fifth), hn::Set(IntTag(), 16)));
    return values(Floats(q));
  }
};

struct BlocksQ6K {
  static constexpr ptrdiff_t kValues = 256, kBytes = 210, kRun = 16;
  struct Head { SumVector d; };
  using Run = Scaled;
  static HWY_INLINE Head Open(const uint8_t *block) { return {HalfOf(block + 208)}; }
  static HWY_INLINE Run Start(const uint8_t *block, const Head &head, ptrdiff_t run) {
    return {hn::Mul(head.d, hn::Set(SumTag(), static_cast<float>(static_cast<int8_t>(block[192 + run])))), 32};
  }
  // Eight groups make half a block: four stretches of two.
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    const ptrdiff_t half = group / 8, stretch = group / 2 % 4, part = group % 2;
    const uint8_t *low = block + 64 * half + 32 * (stretch % 2) + 16 * part + p * kLanes;
    const uint8_t *high = block + 128 + 32 * half + 16 * part + p * kLanes;
    const IntVector pairs = hn::And(hn::ShiftRightSame(Bytes(high), static_cast<int>(2 * stretch)), hn::Set(IntTag(), 3));
    return run(Floats(hn::Or(Nibbles(Bytes(low), stretch >= 2), hn::ShiftLeft<4>(pairs))));
  }
};

// Formats with one value per block also give any number of values from any position.
struct BlocksF32 {
  static constexpr ptrdiff_t kValues = 16, kBytes = 64, kRun = 16;
  struct Head {};
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
  struct Head {};
  struct Run {};
  static HWY_INLINE Head Open(const uint8_t *) { return {}; }
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
  struct Head {};
  struct Run {};
  static HWY_INLINE Head Open(const uint8_t *) { return {}; }
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
