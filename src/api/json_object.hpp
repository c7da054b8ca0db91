// JSON objects and arrays, appended to a string member by member.
#pragma once

#include "sma/core/json_text.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sma::api {

/// Opens with the first brace and closes with the last, so that nested ones are scopes. The string must outlive it.
class object_writer {
public:
    explicit object_writer(std::string& out) : out_(out) { out_ += '{'; }
    ~object_writer() { out_ += '}'; }
    object_writer(object_writer const&) = delete;
    object_writer& operator=(object_writer const&) = delete;

    /// The string, for the value of this member to be appended to.
    std::string& name(std::string_view text) {
        if (!first_) out_ += ", ";
        first_ = false;
        append_json_string(out_, text);
        out_ += ": ";
        return out_;
    }
    void text(std::string_view key, std::string_view value) { append_json_string(name(key), value); }
    void number(std::string_view key, std::int64_t value) { name(key) += std::to_string(value); }
    void flag(std::string_view key, bool value) { name(key) += value ? "true" : "false"; }

private:
    std::string& out_;
    bool first_ = true;
};

/// The same for arrays.
class array_writer {
public:
    explicit array_writer(std::string& out) : out_(out) { out_ += '['; }
    ~array_writer() { out_ += ']'; }
    array_writer(array_writer const&) = delete;
    array_writer& operator=(array_writer const&) = delete;

    /// The string, for the next element to be appended to.
    std::string& next() {
        if (!first_) out_ += ", ";
        first_ = false;
        return out_;
    }
    void text(std::string_view value) { append_json_string(next(), value); }
    void number(std::int64_t value) { next() += std::to_string(value); }

private:
    std::string& out_;
    bool first_ = true;
};

}  // namespace sma::api
