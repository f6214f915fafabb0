// Stored numbers decoded into registers, sixteen at a time; included once per instruction set by Highway's foreach_target.
//
// The values are those of Sources/Kernels/decode, bit for bit: the same operations in the same order, each rounded by itself.
#if defined(STRATA_BLOCKS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_BLOCKS_INL_H
#undef STRATA_BLOCKS_INL_H
#else
#define STRATA_BLOCKS_INL_H
#endif

#include <hwy/highway.h>

#include "decode/blocks.h"
#include "dot-inl.h"

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

// A format says how many values a block has in how many bytes, what is read once per block, and gives part `p` of the sixteen
// values of `group`.
struct BlocksQ80 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 34;
  struct Head { float d; };
  static HWY_INLINE Head Open(const uint8_t *block) { return {HalfAt(block)}; }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Head &head, ptrdiff_t group, ptrdiff_t p) {
    return hn::Mul(Floats(SignedBytes(block + 2 + 16 * group + p * kLanes)), hn::Set(SumTag(), head.d));
  }
};

struct BlocksQ40 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 18;
  struct Head { float d; };
  static HWY_INLINE Head Open(const uint8_t *block) { return {HalfAt(block)}; }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Head &head, ptrdiff_t group, ptrdiff_t p) {
    const IntVector q = Nibbles(Bytes(block + 2 + p * kLanes), group == 1);
    return hn::Mul(hn::Set(SumTag(), head.d), Floats(hn::Sub(q, hn::Set(IntTag(), 8))));
  }
};

struct BlocksQ41 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 20;
  struct Head { float d, m; };
  static HWY_INLINE Head Open(const uint8_t *block) { return {HalfAt(block), HalfAt(block + 2)}; }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Head &head, ptrdiff_t group, ptrdiff_t p) {
    const SumTag d;
    const IntVector q = Nibbles(Bytes(block + 4 + p * kLanes), group == 1);
    return hn::Add(hn::Mul(hn::Set(d, head.d), Floats(q)), hn::Set(d, head.m));
  }
};

struct BlocksQ50 {
  static constexpr ptrdiff_t kValues = 32, kBytes = 22;
  struct Head { float d; uint32_t high; };
  static HWY_INLINE Head Open(const uint8_t *block) { return {HalfAt(block), WordAt(block + 2)}; }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Head &head, ptrdiff_t group, ptrdiff_t p) {
    const hn::Rebind<uint32_t, SumTag> du;
    const auto places = hn::Iota(du, static_cast<uint32_t>(16 * group + p * kLanes));
    const auto bits = hn::And(hn::Shr(hn::Set(du, head.high), places), hn::Set(du, 1));
    const IntVector fifth = hn::BitCast(IntTag(), hn::ShiftLeft<4>(bits));
    const IntVector q = hn::Or(Nibbles(Bytes(block + 6 + p * kLanes), group == 1), fifth);
    return hn::Mul(hn::Set(SumTag(), head.d), Floats(hn::Sub(q, hn::Set(IntTag(), 16))));
  }
};

struct BlocksQ4K {
  static constexpr ptrdiff_t kValues = 256, kBytes = 144;
  struct Head { float scales[8], minima[8]; };
  static HWY_INLINE Head Open(const uint8_t *block) {
    const float d = HalfAt(block), dmin = HalfAt(block + 2);
    uint8_t scales[8], minima[8];
    UnpackScales(block + 4, scales, minima);
    Head head;
    for (int run = 0; run < 8; ++run) {
      head.scales[run] = d * static_cast<float>(scales[run]);
      head.minima[run] = dmin * static_cast<float>(minima[run]);
    }
    return head;
  }
  // Two groups make a run of 32; two runs share 32 bytes.
  static HWY_INLINE SumVector Load(const uint8_t *block, const Head &head, ptrdiff_t group, ptrdiff_t p) {
    const SumTag d;
    const ptrdiff_t run = group / 2;
    const uint8_t *at = block + 16 + 32 * (run / 2) + 16 * (group % 2) + p * kLanes;
    const IntVector q = Nibbles(Bytes(at), run % 2 == 1);
    return hn::Sub(hn::Mul(hn::Set(d, head.scales[run]), Floats(q)), hn::Set(d, head.minima[run]));
  }
};

struct BlocksQ6K {
  static constexpr ptrdiff_t kValues = 256, kBytes = 210;
  struct Head { float d; };
  static HWY_INLINE Head Open(const uint8_t *block) { return {HalfAt(block + 208)}; }
  // Eight groups make half a block: four stretches of two.
  static HWY_INLINE SumVector Load(const uint8_t *block, const Head &head, ptrdiff_t group, ptrdiff_t p) {
    const ptrdiff_t half = group / 8, stretch = group / 2 % 4, part = group % 2;
    const uint8_t *low = block + 64 * half + 32 * (stretch % 2) + 16 * part + p * kLanes;
    const uint8_t *high = block + 128 + 32 * half + 16 * part + p * kLanes;
    const IntVector pairs = hn::And(hn::ShiftRightSame(Bytes(high), static_cast<int>(2 * stretch)), hn::Set(IntTag(), 3));
    const IntVector q = hn::Or(Nibbles(Bytes(low), stretch >= 2), hn::ShiftLeft<4>(pairs));
    const float scale = head.d * static_cast<float>(static_cast<int8_t>(block[192 + group]));
    return hn::Mul(hn::Set(SumTag(), scale), Floats(hn::Sub(q, hn::Set(IntTag(), 32))));
  }
};

struct BlocksBF16 {
  static constexpr ptrdiff_t kValues = 16, kBytes = 32;
  struct Head {};
  static HWY_INLINE Head Open(const uint8_t *) { return {}; }
  static HWY_INLINE SumVector Load(const uint8_t *block, const Head &, ptrdiff_t, ptrdiff_t p) {
    const hn::Rebind<uint16_t, SumTag> d16;
    const hn::Rebind<uint32_t, SumTag> d32;
    uint16_t stored[kLanes];
    std::memcpy(stored, block + 2 * p * kLanes, sizeof stored);
    return hn::BitCast(SumTag(), hn::ShiftLeft<16>(hn::PromoteTo(d32, hn::LoadU(d16, stored))));
  }
};

// y[m, n] = sum_k x[m, k] w[n, k] (+ bias[n]) for R rows of x and C stored rows, in the partial sums of `Tile`.
template <class Format, int R, int C>
HWY_INLINE void StoredTile(const float *HWY_RESTRICT x, ptrdiff_t ldx, const uint8_t *HWY_RESTRICT w, ptrdiff_t row_bytes,
                           ptrdiff_t width, const float *bias, float *HWY_RESTRICT y, ptrdiff_t ldy) {
  const SumTag d;
  SumVector sums[R][C][kParts];
  for (int m = 0; m < R; ++m) {
    for (int n = 0; n < C; ++n) {
      for (ptrdiff_t p = 0; p < kParts; ++p) sums[m][n][p] = hn::Zero(d);
    }
  }
  const uint8_t *blocks = w;
  for (ptrdiff_t k = 0; k < width; k += Format::kValues, blocks += Format::kBytes) {
    typename Format::Head heads[C];
    for (int n = 0; n < C; ++n) {
      heads[n] = Format::Open(blocks + n * row_bytes);
      // The rows that come next: the processor does not look beyond a page by itself.
      for (ptrdiff_t line = 0; line < Format::kBytes; line += 64) __builtin_prefetch(blocks + (n + C) * row_bytes + line);
    }
    for (ptrdiff_t group = 0; group < Format::kValues / kSums; ++group) {
      const float *at = x + k + group * kSums;
      for (ptrdiff_t p = 0; p < kParts; ++p) {
        SumVector columns[C];
        for (int n = 0; n < C; ++n) columns[n] = Format::Load(blocks + n * row_bytes, heads[n], group, p);
        for (int m = 0; m < R; ++m) {
          const SumVector row = hn::LoadU(d, at + m * ldx + p * kLanes);
          for (int n = 0; n < C; ++n) sums[m][n][p] = hn::MulAdd(row, columns[n], sums[m][n][p]);
        }
      }
    }
  }
  for (int m = 0; m < R; ++m) {
    for (int n = 0; n < C; ++n) {
      const float sum = Fold(sums[m][n]);
      y[m * ldy + n] = bias != nullptr ? sum + bias[n] : sum;
    }
  }
}

template <class Format, int R>
HWY_INLINE void StoredColumns(const float *x, ptrdiff_t ldx, const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t count,
                              ptrdiff_t width, const float *bias, float *y, ptrdiff_t ldy) {
  // Two rows at a time, so that their sums need not wait for one another.
  constexpr int C = 2;
  ptrdiff_t n = 0;
  for (; n + C <= count; n += C) {
    StoredTile<Format, R, C>(x, ldx, w + n * row_bytes, row_bytes, width, bias ? bias + n : nullptr, y + n, ldy);
  }
  if (n < count) {
    StoredTile<Format, R, 1>(x, ldx, w + n * row_bytes, row_bytes, width, bias ? bias + n : nullptr, y + n, ldy);
  }
}

// The same for up to kStoredRows rows of x.
template <class Format>
void StoredProduct(const float *x, ptrdiff_t ldx, ptrdiff_t rows, const uint8_t *w, ptrdiff_t row_bytes, ptrdiff_t count,
                   ptrdiff_t width, const float *bias, float *y, ptrdiff_t ldy) {
  switch (rows) {
    case 1: return StoredColumns<Format, 1>(x, ldx, w, row_bytes, count, width, bias, y, ldy);
    case 2: return StoredColumns<Format, 2>(x, ldx, w, row_bytes, count, width, bias, y, ldy);
    case 3: return StoredColumns<Format, 3>(x, ldx, w, row_bytes, count, width, bias, y, ldy);
    default: return StoredColumns<Format, 4>(x, ldx, w, row_bytes, count, width, bias, y, ldy);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
