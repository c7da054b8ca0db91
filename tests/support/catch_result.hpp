// Catch string maker for result<T>, so that REQUIRE(some_result) prints the error. Include it instead of
// "catch.hpp".
#pragma once

#include "sma/core/error.hpp"

#include "catch.hpp"

#include <sstream>
#include <string>

namespace Catch {

template <class T>
struct StringMaker<boost::system::result<T, sma::error>> {
    static std::string convert(boost::system::result<T, sma::error> const& r) {
        if (r) return "a value";
        std::ostringstream text;
        text << r.error();
        return text.str();
    }
};

}  // namespace Catch
