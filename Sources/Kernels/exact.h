// The first include of every source here: a product and a sum are fused only where a kernel says so (hn::MulAdd), so that a
// result does not depend on what a compiler, or its optimisation level, finds to fuse. The pragma holds to the end of the source,
// for templates and for everything that foreach_target includes again; it has to come before the first function.
#ifndef STRATA_KERNELS_EXACT_H
#define STRATA_KERNELS_EXACT_H

#pragma STDC FP_CONTRACT OFF

#endif
