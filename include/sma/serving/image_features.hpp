// Features that a request may ask for beside its logits.
#pragma once

#include <vector>

namespace sma::serving {

struct wanted_features {
    bool embedding = false;
    int activation_maps = 0;  ///< of that many most probable classes, or of all classes if there are fewer

    bool any() const noexcept { return embedding || activation_maps > 0; }
};

struct activation_map {
    int class_index = 0;
    std::vector<float> values;  ///< engine::feature_shape::positions() of them, row by row, in units of the logit
};

/// Of one image; what was not asked for is empty.
struct image_features {
    std::vector<float> embedding;
    std::vector<activation_map> maps;  ///< most probable class first
};

}  // namespace sma::serving
