// Members of a JSON object by their types; null is as good as absent.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace sma::model {

inline boost::json::value const* member(boost::json::object const& o, std::string_view key) {
    auto const* const v = o.if_contains(key);
    return v == nullptr || v->is_null() ? nullptr : v;
}

inline std::string_view text_member(boost::json::object const& o, std::string_view key) {
    auto const* const v = member(o, key);
    return v != nullptr && v->is_string() ? std::string_view(v->get_string()) : std::string_view();
}

inline std::optional<bool> bool_member(boost::json::object const& o, std::string_view key) {
    auto const* const v = member(o, key);
    return v != nullptr && v->is_bool() ? std::optional(v->get_bool()) : std::nullopt;
}

/// A finite one: Boost.JSON reads 1e999 as infinity and 0e999 as NaN.
inline std::optional<double> number_in(boost::json::value const& v) {
    if (v.is_double()) return std::isfinite(v.get_double()) ? std::optional(v.get_double()) : std::nullopt;
    if (v.is_int64()) return static_cast<double>(v.get_int64());
    if (v.is_uint64()) return static_cast<double>(v.get_uint64());
    return std::nullopt;
}

/// From 1 to a million.
inline std::optional<int> pixels_in(boost::json::value const& v) {
    constexpr double most = 1e6;
    auto const number = number_in(v);
    if (!number || *number < 1 || *number > most || *number != static_cast<int>(*number)) return std::nullopt;
    return static_cast<int>(*number);
}

/// Three numbers from `least` to `most`, or one for all.
inline std::optional<std::array<float, 3>> channels_in(boost::json::value const& v, double least, double most) {
    std::array<float, 3> channels{};
    auto const* const list = v.if_array();
    if (list != nullptr && list->size() != channels.size()) return std::nullopt;
    for (std::size_t i = 0; i < channels.size(); ++i) {
        auto const number = number_in(list != nullptr ? (*list)[i] : v);
        if (!number || !(*number >= least && *number <= most)) return std::nullopt;
        channels[i] = static_cast<float>(*number);
    }
    return channels;
}

}  // namespace sma::model
