#include "sma/serving/class_groups.hpp"

#include "sma/serving/top_classes.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace sma::serving {

class_groups::class_groups(std::vector<std::string> const& classes, std::vector<std::string> const& groups) {
    std::unordered_map<std::string_view, std::size_t> found;
    of_class_.reserve(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) {
        auto const& name = groups[i].empty() ? classes[i] : groups[i];
        auto const [place, is_new] = found.try_emplace(name, names_.size());
        if (is_new) names_.push_back(name);
        of_class_.push_back(place->second);
    }
}

std::vector<class_groups::scored_group> class_groups::top(std::vector<float> const& logits, std::size_t k,
                                                          double temperature) const {
    std::vector<scored_group> all(names_.size());
    for (std::size_t g = 0; g < all.size(); ++g) all[g].index = g;
    softmax const probability(logits, temperature);
    for (std::size_t i = 0; i < logits.size(); ++i) all[of_class_[i]].confidence += probability(logits[i]);
    auto const wanted = std::min(k, all.size());
    auto const before = [](scored_group const& a, scored_group const& b) {
        return a.confidence > b.confidence || (a.confidence == b.confidence && a.index < b.index);
    };
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted), all.end(), before);
    all.resize(wanted);
    return all;
}

}  // namespace sma::serving
