#ifndef STRATA_JSON_H
#define STRATA_JSON_H
#endif
