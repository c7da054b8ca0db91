// Interface for those who want to see what became of image files.
#pragma once

#include "sma/core/request_context.hpp"
#include "sma/serving/image_classifier.hpp"

#include <span>
#include <string_view>

namespace sma::serving {

class classification_observer {
public:
    virtual ~classification_observer() = default;

    /// The files of a request and their classification, in the same order. On the executor of the request; returns
    /// soon.
    virtual void saw(request_context const& context, std::span<std::string_view const> files,
                     classification const& c) noexcept = 0;
};

}  // namespace sma::serving
