#include "sma/core/json_writer.hpp"

#include "catch.hpp"

using namespace sma;

namespace {

std::string written(json_layout layout) {
    std::string out;
    {
        object_writer o(out, layout);
        o.text("te\"xt", "a\nb");
        o.number("count", 3);
        o.number("share", 0.25, 3);
        o.flag("good", true);
        o.null("nothing");
        {
            array_writer list(o, "list");
            list.number(1);
            list.number(0.5, 1);
            list.text("x");
            object_writer inner(list);
            inner.flag("bad", false);
        }
        object_writer empty(o, "empty");
    }
    return out;
}

}  // namespace

TEST_CASE("objects and arrays on one line") {
    CHECK(written(json_layout::one_line) ==
          R"({"te\"xt": "a\nb", "count": 3, "share": 0.25, "good": true, "nothing": null, )"
          R"("list": [1, 0.5, "x", {"bad": false}], "empty": {}})");
}

TEST_CASE("objects and arrays with a line for each member") {
    CHECK(written(json_layout::indented) == R"({
  "te\"xt": "a\nb",
  "count": 3,
  "share": 0.25,
  "good": true,
  "nothing": null,
  "list": [
    1,
    0.5,
    "x",
    {
      "bad": false
    }
  ],
  "empty": {}
})");
}
