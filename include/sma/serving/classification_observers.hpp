// Several observers of classifications in the place of one.
#pragma once

#include "sma/serving/classification_observer.hpp"

#include <vector>

namespace sma::serving {

/// Filled before the first request; the observers must outlive it.
class classification_observers final : public classification_observer {
public:
    /// Null is none.
    void add(classification_observer* observer) {
        if (observer != nullptr) observers_.push_back(observer);
    }
    bool empty() const noexcept { return observers_.empty(); }

    void saw(request_context const& context, std::span<std::string_view const> files,
             classification const& c) noexcept override {
        for (auto* const observer : observers_) observer->saw(context, files, c);
    }

private:
    std::vector<classification_observer*> observers_;
};

}  // namespace sma::serving
