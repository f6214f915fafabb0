#include "include/strata_json.h"
