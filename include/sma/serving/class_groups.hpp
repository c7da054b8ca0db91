// Groups of classes, such as the breeds that are dogs, and what their confidences add up to.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sma::serving {

/// Immutable; any thread. Empty for a model whose label file has no groups.
class class_groups {
public:
    class_groups() = default;
    /// One group a class, or none at all. A class whose group is empty is a group with its own name.
    class_groups(std::vector<std::string> const& classes, std::vector<std::string> const& groups);

    bool empty() const noexcept { return names_.empty(); }
    std::size_t size() const noexcept { return names_.size(); }
    std::string const& name(std::size_t group) const { return names_[group]; }

    struct scored_group {
        std::size_t index = 0;
        double confidence = 0;  ///< sum of the softmax probabilities of its classes
    };
    /// The k most probable groups, most probable first, ties by index; all of them if there are fewer. One logit a
    /// class.
    std::vector<scored_group> top(std::vector<float> const& logits, std::size_t k, double temperature) const;

private:
    std::vector<std::string> names_;  ///< in the order of their first classes
    std::vector<std::size_t> of_class_;
};

}  // namespace sma::serving
