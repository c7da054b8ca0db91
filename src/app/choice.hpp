// Value that a component uses for a setting's choice.
#pragma once

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace sma::app {

/// The value beside `text`. A setting has passed the check of its choices before it comes here: throws
/// std::logic_error for one that the list has not.
template <class T>
T choice(std::string_view text, std::initializer_list<std::pair<std::string_view, T>> values) {
    for (auto const& [name, value] : values)
        if (name == text) return value;
    throw std::logic_error("no value for the choice \"" + std::string(text) + "\" of a setting");
}

}  // namespace sma::app
