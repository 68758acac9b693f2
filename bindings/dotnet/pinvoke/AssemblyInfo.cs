using System.Runtime.CompilerServices;

// They raise errors that the public surface makes impossible.
[assembly: InternalsVisibleTo("Tollbridge.Tests")]

#if NET7_0_OR_GREATER
// Every signature is blittable: with this, one that is not does not compile.
[assembly: DisableRuntimeMarshalling]
#endif
#if NET5_0_OR_GREATER
// Buffers on the stack are written before they are read.
[module: SkipLocalsInit]
#endif
