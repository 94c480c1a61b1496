throw new Error('the module electron exists only inside Electron; this code must not import it here');
