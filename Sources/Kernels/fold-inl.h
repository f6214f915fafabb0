// Sixteen partial sums folded by halves, many at a time; included once per instruction set by Highway's foreach_target.
#if defined(STRATA_FOLD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_FOLD_INL_H
#undef STRATA_FOLD_INL_H
#else
#define STRATA_FOLD_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace strata {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The number of partial sums of a product, independent of the width of vector registers.
constexpr ptrdiff_t kSums = 16;
using SumTag = hn::CappedTag<float, kSums>;
using SumVector = hn::Vec<SumTag>;
// Registers that hold the sixteen sums.
constexpr ptrdiff_t kLanes = static_cast<ptrdiff_t>(hn::MaxLanes(SumTag()));
constexpr ptrdiff_t kParts = kSums / kLanes;

template <class D>
HWY_INLINE float FoldHalves(D, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return FoldHalves(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

// Adds lane j and j + 8, then j + 4, j + 2, j + 1: the same tree for every register width.
HWY_INLINE float Fold(const SumVector (&sums)[kParts]) {
  const SumTag d;
  if constexpr (kParts == 1) {
    return FoldHalves(d, sums[0]);
  } else if constexpr (kParts == 2) {
    return FoldHalves(d, hn::Add(sums[0], sums[1]));
  } else if constexpr (kParts == 4) {
    return FoldHalves(d, hn::Add(hn::Add(sums[0], sums[2]), hn::Add(sums[1], sums[3])));
  } else {
    float lanes[kSums];
    for (ptrdiff_t p = 0; p < kParts; ++p) hn::StoreU(sums[p], d, lanes + p * kLanes);
    for (ptrdiff_t half = kSums / 2; half > 0; half /= 2) {
      for (ptrdiff_t j = 0; j < half; ++j) lanes[j] += lanes[j + half];
    }
    return lanes[0];
  }
}

// The last two steps of the tree for vectors of 128-bit blocks, each block the four sums left of one product: lane j of a
// block of the result is the whole sum of that block of vector j.
template <class D, class V>
HWY_INLINE V FoldFour(D d, V v0, V v1, V v2, V v3) {
  const hn::Repartition<uint64_t, D> d64;
  const auto halves = [&](V a, V b) HWY_ATTR {
    const auto a64 = hn::BitCast(d64, a), b64 = hn::BitCast(d64, b);
    return hn::Add(hn::BitCast(d, hn::InterleaveLower(d64, a64, b64)), hn::BitCast(d, hn::InterleaveUpper(d64, a64, b64)));
  };
  const V even = halves(v0, v2);
  const V odd = halves(v1, v3);
  return hn::Add(hn::OddEven(hn::Shuffle2301(odd), even), hn::OddEven(odd, hn::Shuffle2301(even)));
}

// Lanes j and j + 4 of each half added, for two vectors at once: blocks [a0 b0 a1 b1] with a0, a1 the halves of a.
template <class V>
HWY_INLINE V FoldBlocks(V a, V b) {
  return hn::Add(hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b), a), hn::OddEvenBlocks(b, hn::SwapAdjacentBlocks(a)));
}

// Folds `kLanes` vectors, the parts already added, in one go: lane j of the result is the sum of vector j.
HWY_INLINE SumVector FoldLanes(const SumVector *v) {
  const SumTag d;
  if constexpr (kLanes == 16) {
    const auto halves = [&](int a, int b) HWY_ATTR {
      return hn::Add(hn::ConcatLowerLower(d, v[b], v[a]), hn::ConcatUpperUpper(d, v[b], v[a]));
    };
    SumVector four[4];
    for (int o = 0; o < 4; ++o) four[o] = FoldBlocks(halves(o, o + 8), halves(o + 4, o + 12));
    return FoldFour(d, four[0], four[1], four[2], four[3]);
  } else if constexpr (kLanes == 8) {
    SumVector four[4];
    for (int o = 0; o < 4; ++o) four[o] = FoldBlocks(v[o], v[o + 4]);
    return FoldFour(d, four[0], four[1], four[2], four[3]);
  } else {
    return FoldFour(d, v[0], v[1], v[2], v[3]);
  }
}

// Sums of N products from their partial sums, by the tree of `Fold`.
template <int N>
HWY_INLINE void FoldAll(const SumVector (&parts)[kParts][N], float *sums) {
  const SumTag d;
  if constexpr (kParts > 4) {
    for (int i = 0; i < N; ++i) {
      SumVector own[kParts];
      for (ptrdiff_t p = 0; p < kParts; ++p) own[p] = parts[p][i];
      sums[i] = Fold(own);
    }
  } else {
    SumVector added[N];
    for (int i = 0; i < N; ++i) {
      if constexpr (kParts == 1) {
        added[i] = parts[0][i];
      } else if constexpr (kParts == 2) {
        added[i] = hn::Add(parts[0][i], parts[1][i]);
      } else {
        added[i] = hn::Add(hn::Add(parts[0][i], parts[2][i]), hn::Add(parts[1][i], parts[3][i]));
      }
    }
    int i = 0;
    for (; i + kLanes <= N; i += static_cast<int>(kLanes)) hn::StoreU(FoldLanes(added + i), d, sums + i);
    if constexpr (kLanes >= 8 && N % kLanes >= 4) {
      // Down to four sums each, then four products at once.
      const hn::CappedTag<float, 4> four;
      for (; i + 4 <= N; i += 4) {
        hn::Vec<decltype(four)> quarters[4];
        for (int j = 0; j < 4; ++j) {
          const auto half = [](auto dv, auto v) HWY_ATTR {
            const hn::Half<decltype(dv)> dh;
            return hn::Add(hn::LowerHalf(dh, v), hn::UpperHalf(dh, v));
          };
          if constexpr (kLanes == 16) {
            quarters[j] = half(hn::Half<SumTag>(), half(d, added[i + j]));
          } else {
            quarters[j] = half(d, added[i + j]);
          }
        }
        hn::StoreU(FoldFour(four, quarters[0], quarters[1], quarters[2], quarters[3]), four, sums + i);
      }
    }
    for (; i < N; ++i) sums[i] = FoldHalves(d, added[i]);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace strata
HWY_AFTER_NAMESPACE();

#endif
