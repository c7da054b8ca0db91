// Rules that every description of pre-processing is checked against.
#pragma once

#include "json_members.hpp"
#include "sma/core/error.hpp"
#include "sma/image/preprocess.hpp"

#include <string>
#include <utility>

namespace sma::model {

/// Something that the decoder does not compute.
inline error not_computed(std::string text) { return error(errc::unsupported, std::move(text)); }

/// The ranges are those of the settings.
inline result<> check_sides(image::preprocess_options const& o) {
    if (o.resize < 1 || o.resize > image::resize_max)
        return not_computed("it resizes to " + std::to_string(o.resize) + " pixels: expected 1 to " +
                            std::to_string(image::resize_max));
    if (o.crop < image::crop_min || o.crop > image::crop_max)
        return not_computed("the network's input has a side of " + std::to_string(o.crop) + " pixels: expected " +
                            std::to_string(image::crop_min) + " to " + std::to_string(image::crop_max));
    return {};
}

/// Mean and deviation under these names, for values from 0 to 1. A name that is not there leaves its values alone.
inline result<> read_normalization(boost::json::object const& from, std::string const& mean, std::string const& std,
                                   image::preprocess_options& to) {
    constexpr double std_min = 0.001;
    constexpr double std_max = 10;
    if (auto const* const v = member(from, mean)) {
        auto const values = channels_in(*v, 0, 1);
        if (!values) return not_computed(mean + ": expected three numbers from 0 to 1, for red, green and blue");
        to.mean = *values;
    }
    if (auto const* const v = member(from, std)) {
        auto const values = channels_in(*v, std_min, std_max);
        if (!values) return not_computed(std + ": expected three numbers from 0.001 to 10, for red, green and blue");
        to.std = *values;
    }
    return {};
}

}  // namespace sma::model
