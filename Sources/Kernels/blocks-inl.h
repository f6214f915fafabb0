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

// Low nibbles of bytes, or high ones, of bytes that were spread to lanes. Compilers take nibbles of bytes before they are spread,
// which needs another instruction, and registers for what two groups share. With AVX2 the empty statement hides that the lanes
// were bytes: each is one load that spreads, and one instruction. Elsewhere pairs of lanes are shifted together to the same end.
HWY_INLINE IntVector Nibbles(IntVector bytes, bool high) {
  const IntTag d;
#if HWY_ARCH_X86
  if constexpr (kLanes == 8) {
    asm("" : "+x"(bytes.raw));
    const hn::RebindToUnsigned<IntTag> whole;
    return high ? hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(whole, bytes))) : hn::And(bytes, hn::Set(d, 0x0F));
  }
#endif
  const hn::Repartition<uint64_t, IntTag> pairs;
  const IntVector shifted = high ? hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(pairs, bytes))) : bytes;
  return hn::And(shifted, hn::Set(d, 0x0F));
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

// A format defines whether rows are decoded one after the other where registers are few (`kOneByOne`: its values take so many
// instructions that a compiler which interleaves rows keeps them in memory), the values and bytes of a block, the values of a run, the data that a whole block shares (`Head`), the data
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
    if constexpr (kParts == 2 && N == 2 && C == 4) return OpenEight(block, row_bytes, heads);
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

 private:
  // The two halves of each of four rows: a word for each row, put together in one register.
  static HWY_INLINE void OpenEight(const uint8_t *block, ptrdiff_t row_bytes, Halves (&heads)[4]) {
    typedef uint32_t Words __attribute__((vector_size(16)));
    uint32_t word[4];
    for (int n = 0; n < 4; ++n) std::memcpy(word + n, block + n * row_bytes, sizeof *word);
    const Words words = {word[0], word[1], word[2], word[3]};
    const hn::CappedTag<float, 8> d;
    const hn::Rebind<hwy::float16_t, decltype(d)> half;
    float values[8];
    static_assert(sizeof heads == sizeof values, "no gaps");
    for (ptrdiff_t i = 0; i < 8; i += static_cast<ptrdiff_t>(hn::MaxLanes(d))) {
      hn::StoreU(hn::PromoteTo(d, hn::LoadU(half, reinterpret_cast<const hwy::float16_t *>(&words) + i)), d, values + i);
    }
    std::memcpy(heads, values, sizeof heads);
    asm volatile("" : : "r"(heads) : "memory");
  }
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
  static constexpr bool kOneByOne = false;
  static constexpr ptrdiff_t kValues = 32, kBytes = 34, kRun = 32;
  using Head = Halves<1>;
  using Run = SumVector;
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t) { return head.At(0); }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &d, ptrdiff_t group, ptrdiff_t p) {
    return hn::Mul(Floats(SignedBytes(block + 2 + 16 * group + p * kLanes)), d);
  }
};

struct BlocksQ40 {
  static constexpr bool kOneByOne = true;
  static constexpr ptrdiff_t kValues = 32, kBytes = 18, kRun = 32;
  using Head = Halves<1>;
  using Run = NibbleValues<Scaled>;
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t) { return Run({head.At(0), 8}); }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run.At(Nibbles(Bytes(block + 2 + p * kLanes), group == 1));
  }
};

struct BlocksQ41 {
  static constexpr bool kOneByOne = true;
  static constexpr ptrdiff_t kValues = 32, kBytes = 20, kRun = 32;
  using Head = Halves<2>;
  using Run = NibbleValues<Raised>;
  static HWY_INLINE Run Start(const uint8_t *, const Head &head, ptrdiff_t) { return Run({head.At(0), head.At(1)}); }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run.At(Nibbles(Bytes(block + 4 + p * kLanes), group == 1));
  }
};

// Nibbles with a separate fifth bit as floats: bit i of the stored word belongs to value i.
struct FiveBits {
  const uint8_t *nibbles, *fifth;
  IntVector word;

  HWY_INLINE FiveBits(const uint8_t *four, const uint8_t *fifths) : nibbles(four), fifth(fifths) {
    if constexpr (kLanes <= 8) word = hn::Set(IntTag(), static_cast<int32_t>(WordAt(fifth)));
  }

  // Part `p` of a group, less `offset`.
  HWY_INLINE SumVector At(ptrdiff_t group, ptrdiff_t p, float offset) const {
    const IntTag d;
    const SumTag f;
    const ptrdiff_t first = 16 * group + p * kLanes;
    const IntVector four = Nibbles(Bytes(nibbles + p * kLanes), group == 1);
    if constexpr (kLanes > 8) {
      const IntVector high = hn::IfThenElseZero(hn::LoadMaskBits(d, fifth + first / 8), hn::Set(d, 16));
      return hn::Sub(Floats(hn::Or(four, high)), hn::Set(f, offset));
    } else {
      // The bit becomes the sign of its lane, which chooses what is added: whole numbers, so nothing is rounded.
      const IntVector places = hn::Sub(hn::Set(d, static_cast<int32_t>(31 - first)), hn::Iota(d, 0));
      const SumVector signs = hn::BitCast(f, hn::Shl(word, places));
      return hn::Add(Floats(four), hn::IfNegativeThenElse(signs, hn::Set(f, 16 - offset), hn::Set(f, -offset)));
    }
  }
};

struct BlocksQ50 {
  static constexpr bool kOneByOne = true;
  static constexpr ptrdiff_t kValues = 32, kBytes = 22, kRun = 32;
  using Head = Halves<1>;
  struct Run {
    FiveBits bits;
    SumVector d;
  };
  static HWY_INLINE Run Start(const uint8_t *block, const Head &head, ptrdiff_t) {
    return {FiveBits(block + 6, block + 2), head.At(0)};
  }
  static HWY_INLINE SumVector Load(const uint8_t *, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return hn::Mul(run.d, run.bits.At(group, p, 16));
  }
};

struct BlocksQ51 {
  static constexpr bool kOneByOne = true;
  static constexpr ptrdiff_t kValues = 32, kBytes = 24, kRun = 32;
  using Head = Halves<2>;
  struct Run {
    FiveBits bits;
    Raised value;
  };
  static HWY_INLINE Run Start(const uint8_t *block, const Head &head, ptrdiff_t) {
    return {FiveBits(block + 8, block + 4), {head.At(0), head.At(1)}};
  }
  static HWY_INLINE SumVector Load(const uint8_t *, const Run &run, ptrdiff_t group, ptrdiff_t p) {
    return run.value(run.bits.At(group, p, 0));
  }
};

// What blocks without common data are opened to.
struct Plain {
  template <int C>
  static HWY_INLINE void OpenAll(const uint8_t *, ptrdiff_t, Plain (&)[C]) {}
};

// Formats with one value per block also give any number of values from any position.
struct BlocksF32 {
  static constexpr bool kOneByOne = false;
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
  static constexpr bool kOneByOne = false;
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
  static constexpr bool kOneByOne = false;
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
