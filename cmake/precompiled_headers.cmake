# Headers of others that take longer to read than our own sources, compiled once for all components that include them: half of
# a build's time. They are a matter of the build alone: each source still includes what it uses, and -DSMA_PRECOMPILED_HEADERS=OFF
# shows that it does. GCC takes such a file only where the flags are those that it was made with.
option(SMA_PRECOMPILED_HEADERS "Compile the headers of Asio, libtorch and Catch2 once" ON)

# add_precompiled_headers(NAME [FOR_PROGRAM] LIBRARIES... HEADERS...): a set for use_precompiled_headers(), for the sources of
# libraries or, because their code is position-independent in another way, of programs.
function(add_precompiled_headers name)
  if(NOT SMA_PRECOMPILED_HEADERS)
    return()
  endif()
  cmake_parse_arguments(ARG "FOR_PROGRAM" "" "LIBRARIES;HEADERS" ${ARGN})
  add_library(precompiled_${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled_headers.cpp)
  target_link_libraries(precompiled_${name} PRIVATE ${ARG_LIBRARIES})
  target_precompile_headers(precompiled_${name} PRIVATE ${ARG_HEADERS})
  if(ARG_FOR_PROGRAM)
    set_target_properties(precompiled_${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(precompiled_${name} PRIVATE -fPIE)
  endif()
endfunction()

# use_precompiled_headers(TARGET NAME): TARGET's sources see the set NAME first.
function(use_precompiled_headers target name)
  if(SMA_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} REUSE_FROM precompiled_${name})
  endif()
endfunction()

set(standard <algorithm> <chrono> <functional> <memory> <optional> <string> <string_view> <vector>)
set(asio
  <boost/asio/any_io_executor.hpp> <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/buffer.hpp>
  <boost/asio/co_spawn.hpp> <boost/asio/detached.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp>
  <boost/asio/post.hpp> <boost/asio/steady_timer.hpp> <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp>)

add_precompiled_headers(network LIBRARIES sma::asio Boost::json HEADERS ${standard} ${asio} <boost/json/object.hpp>)
add_precompiled_headers(command LIBRARIES sma::asio Boost::json CLI11::CLI11
                        HEADERS ${standard} ${asio} <boost/json/object.hpp> <CLI/CLI.hpp>)
add_precompiled_headers(tensor LIBRARIES sma::asio sma::torch HEADERS ${standard} <ATen/ATen.h>)
add_precompiled_headers(kernel LIBRARIES sma::asio sma::dnnl OpenMP::OpenMP_CXX HEADERS ${standard} <oneapi/dnnl/dnnl.hpp>)
