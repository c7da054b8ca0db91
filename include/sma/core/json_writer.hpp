// Writers of JSON objects and arrays, which append to a string from front to back.
//
// What is long or sent often is written with these. What is put together in another order (the description of the API,
// the headers of weights files) and the error body of http are values of Boost.JSON. Lines of the log have escapes of
// their own (core/logging).
#pragma once

#include "sma/core/json_text.hpp"

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace sma {

enum class json_layout {
    one_line,  ///< ", " between members
    indented,  ///< a line for each member
};

/// What objects and arrays share: opens with the first bracket and closes with the last, so that nested ones are scopes
/// of C++. Belongs to one thread; the string must outlive it.
class json_scope {
public:
    json_scope(json_scope const&) = delete;
    json_scope& operator=(json_scope const&) = delete;

protected:
    json_scope(std::string& out, std::size_t depth, char open, char close) : out_(out), depth_(depth), close_(close) {
        out_ += open;
    }
    ~json_scope() {
        if (depth_ > 0 && !first_) begin_line(depth_ - 1);
        out_ += close_;
    }

    static constexpr std::size_t depth_of(json_layout layout) noexcept { return layout == json_layout::indented; }
    std::size_t inner_depth() const noexcept { return depth_ == 0 ? 0 : depth_ + 1; }
    std::string& out() noexcept { return out_; }

    /// The string, behind what separates the next member from the one before.
    std::string& next_member() {
        if (!first_) out_ += depth_ == 0 ? ", " : ",";
        first_ = false;
        if (depth_ > 0) begin_line(depth_);
        return out_;
    }

private:
    void begin_line(std::size_t depth) { out_.append(1, '\n').append(2 * depth, ' '); }

    std::string& out_;
    std::size_t depth_;  ///< of the members' lines; 0: one line
    char close_;
    bool first_ = true;
};

class array_writer;

class object_writer : public json_scope {
public:
    explicit object_writer(std::string& out, json_layout layout = json_layout::one_line)
        : json_scope(out, depth_of(layout), '{', '}') {}
    object_writer(object_writer& parent, std::string_view name)
        : json_scope(parent.name(name), parent.inner_depth(), '{', '}') {}
    explicit object_writer(array_writer& parent);

    void text(std::string_view key, std::string_view value) { append_json_string(name(key), value); }
    void number(std::string_view key, std::integral auto value) { name(key) += std::to_string(value); }
    void number(std::string_view key, double value, int digits) { append_json_number(name(key), value, digits); }
    void flag(std::string_view key, bool value) { name(key) += value ? "true" : "false"; }
    void null(std::string_view key) { name(key) += "null"; }

private:
    friend class array_writer;

    std::string& name(std::string_view text) {
        append_json_string(next_member(), text);
        return out() += ": ";
    }
};

class array_writer : public json_scope {
public:
    array_writer(object_writer& parent, std::string_view name)
        : json_scope(parent.name(name), parent.inner_depth(), '[', ']') {}

    /// The string, for the next element to be appended to.
    std::string& next() { return next_member(); }
    void text(std::string_view value) { append_json_string(next(), value); }
    void number(std::integral auto value) { next() += std::to_string(value); }
    void number(double value, int digits) { append_json_number(next(), value, digits); }

private:
    friend class object_writer;
};

inline object_writer::object_writer(array_writer& parent) : json_scope(parent.next(), parent.inner_depth(), '{', '}') {}

}  // namespace sma
